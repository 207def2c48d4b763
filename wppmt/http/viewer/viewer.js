// Swagger UI on /openapi.json. Nothing is asked of any other host, and a token stays in this page.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#viewer",
  presets: [SwaggerUIBundle.presets.apis],
  validatorUrl: null,
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  defaultModelExpandDepth: 3,
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
  showCommonExtensions: true,
});
