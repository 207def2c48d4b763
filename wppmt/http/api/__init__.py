"""What the API says: routes, schemas of requests and answers, the OpenAPI document."""
