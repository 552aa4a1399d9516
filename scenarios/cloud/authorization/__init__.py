"""Who may do what: every call is judged by the policies that bear on it. An engine; it knows no service."""
