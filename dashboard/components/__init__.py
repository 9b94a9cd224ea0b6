"""What several pages share: following a run, layout, pickers, downloads."""
