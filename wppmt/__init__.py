"""wppmt: a multi-tenant WhatsApp Web gateway that supervises one Chrome per tenant."""

__version__ = "0.3.0"
