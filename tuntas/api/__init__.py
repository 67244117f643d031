"""The door for other systems of the office: a helpdesk that hands out links, a portal that lists
services. JSON under /api/v1/, a token for each system, one shape of error."""
