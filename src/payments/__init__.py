"""Payments: takes payments from customers and sees to it that every service does its part."""
