"""The directory: who offers what kind of help, where, and how to reach them.

Public facts from HSDS exports, no client in sight. Owns ``organizations``, ``locations``,
``services`` and ``directory_phones``.
"""
