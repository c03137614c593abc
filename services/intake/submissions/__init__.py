"""The contact form: a draft saved step by step, then a submission that staff answer."""
