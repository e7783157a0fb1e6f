"""What handlers/sources/shopify.py is made of: how Shopify is asked, and what each kind of thing tells."""
