"""The documentation: its pages, what writes some of them, the pictures' script and the site's."""
