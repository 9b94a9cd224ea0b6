"""Where the run store's tables lie: what is one database's alone, a module each."""
