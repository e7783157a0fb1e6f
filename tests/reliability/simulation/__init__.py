"""Delivery on virtual time: replicas run the product's decisions against a Slack and a store that fail by a seed."""
