"""What a device reaches at most: its best products, its bandwidth, and the data sheet's peaks."""
