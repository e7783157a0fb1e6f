"""What handlers/sources/magento.py is made of: how Magento is asked, and what each kind of thing tells."""
