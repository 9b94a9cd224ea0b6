"""Several devices at work at once against one at a time: do they share power, heat or a link?"""
