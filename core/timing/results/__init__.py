"""What a sweep yields, and what is made of it afterwards: files, tables, reports, conclusions."""
