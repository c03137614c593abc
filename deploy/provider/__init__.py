"""A stand-in for the text and mail providers: a server of its own, for development and tests.

Texts   POST /2010-04-01/Accounts/{sid}/Messages.json   as Twilio's; status callbacks follow, signed
        POST /inbound {from, to, body[, sid]}           a person writes: the signed inbound webhook
Mails   SMTP on PROVIDER_SMTP_PORT
Reading GET / (a page) · GET /messages?to=&since= · GET /mails?to=&since= · GET /counts?to=
Testing GET, POST /switches · DELETE /messages · GET /livez, /readyz

Message bodies are meant to be seen here. Never run it where real people's messages go.
"""
