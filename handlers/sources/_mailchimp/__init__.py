"""What handlers/sources/mailchimp.py is made of: how Mailchimp is asked, and how its webhooks are looked after."""
