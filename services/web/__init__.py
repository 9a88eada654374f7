"""The pages for headquarters and the desk.

Owns sign-in sessions, nothing else.  Listens to nothing and announces nothing: it asks the
services' APIs with the signed-in person's authority, and shows what they answer.
"""
