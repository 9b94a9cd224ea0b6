"""Who may come in, and as what: the operator's settings of the login, and the rules that follow from them."""
