"""What handlers/sources/stripe.py is made of: how Stripe is asked, and what each kind of thing tells."""
