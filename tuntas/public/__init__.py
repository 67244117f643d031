"""The citizens' door: rate a service, follow a suggestion, verify a document. No account, no cookie."""
