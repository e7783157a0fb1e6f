"""What handlers/sources/klaviyo.py is made of: how Klaviyo is asked, and how its webhook is looked after."""
