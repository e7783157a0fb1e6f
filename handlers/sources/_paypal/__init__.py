"""What handlers/sources/paypal.py is made of: its proof, how PayPal is asked, and what each kind of thing tells."""
