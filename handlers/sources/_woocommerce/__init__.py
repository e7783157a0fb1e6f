"""What handlers/sources/woocommerce.py is made of: how WooCommerce is asked, and what each kind of thing tells."""
