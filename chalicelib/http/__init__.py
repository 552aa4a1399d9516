"""The HTTP side: routes, the page of findings, requests for validations."""
