"""What is said and refused before a page is drawn: headers, uploads, warnings at start, health, metrics."""
