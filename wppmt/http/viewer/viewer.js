// Shows /openapi.json and tries its operations out. Everything is built from text nodes: nothing is ever parsed as HTML.
const $ = (id) => document.getElementById(id);
const METHODS = ["get", "post", "put", "delete"];
let spec;

function make(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

const pretty = (value) => make("pre", {}, typeof value === "string" ? value : JSON.stringify(value, null, 2));
const authorized = () => ({ Authorization: `Bearer ${$("token").value.trim()}` });
const named = (ref) => ref.split("/").pop();
const resolved = (schema) => (schema?.$ref ? spec.components.schemas[named(schema.$ref)] : schema);

function typeOf(schema = {}) {
  if (schema.$ref) return named(schema.$ref);
  if (schema.anyOf || schema.oneOf) return (schema.anyOf ?? schema.oneOf).map(typeOf).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "array") return `${typeOf(schema.items)}[]`;
  return schema.format ? `${schema.type} (${schema.format})` : schema.type ?? "qualquer";
}

function limitsOf(schema = {}) {
  const inner = schema.anyOf?.find((option) => option.type !== "null") ?? schema;
  const words = { minLength: "mín.", maxLength: "máx.", minimum: "≥", maximum: "≤", maxItems: "máx. itens" };
  return Object.entries(words).filter(([key]) => key in inner).map(([key, word]) => `${word} ${inner[key]}`).join(", ");
}

function fieldTable(schema) {
  const rows = Object.entries(schema?.properties ?? {}).map(([name, field]) => make("tr", {},
    make("td", {}, make("code", {}, name), schema.required?.includes(name) ? " *" : ""),
    make("td", {}, typeOf(field)),
    make("td", {}, [field.description, limitsOf(field)].filter(Boolean).join(" · "))));
  return rows.length ? make("table", {}, make("tbody", {}, ...rows)) : "";
}

function mediaBlock(content = {}) {
  return Object.entries(content).flatMap(([kind, media]) => {
    const schemas = media.schema?.oneOf ?? [media.schema];
    const examples = media.examples ? Object.values(media.examples).map((example) => example.value) : [media.example];
    return [make("p", {}, make("code", {}, kind)), ...schemas.map((schema) => fieldTable(resolved(schema))),
      ...examples.filter(Boolean).map(pretty)];
  });
}

function responseBlock(status, response) {
  return make("details", {}, make("summary", {}, make("code", {}, status), ` ${response.description.split("\n")[0].replaceAll("`", "")}`),
    ...response.description.split("\n\n").slice(1).map((line) => make("p", {}, line.replaceAll("`", ""))),
    ...mediaBlock(response.content));
}

function tryOut(method, path, operation) {
  const inputs = (operation.parameters ?? []).map((parameter) => ({
    ...parameter, input: make("input", { value: parameter.in === "path" ? parameter.example ?? "" : "", size: 40 }),
  }));
  const example = operation.requestBody?.content["application/json"].example;
  const body = operation.requestBody && make("textarea", { value: JSON.stringify(example ?? {}, null, 2) });
  const said = make("div");
  const send = make("button", { onclick: () => call(method, path, inputs, body, said) }, "Enviar");
  const rows = inputs.map(({ name, in: place, input }) => make("tr", {}, make("td", {}, `${name} (${place})`), make("td", {}, input)));
  return make("details", {}, make("summary", {}, "Experimentar"), make("table", {}, make("tbody", {}, ...rows)), body ?? "", send, said);
}

async function call(method, path, inputs, body, said) {
  const filled = inputs.filter(({ input }) => input.value !== "");
  const of = (place) => filled.filter((parameter) => parameter.in === place);
  for (const { name, input } of of("path")) path = path.replace(`{${name}}`, encodeURIComponent(input.value));
  const query = new URLSearchParams(of("query").map(({ name, input }) => [name, input.value])).toString();
  const headers = { ...authorized(), ...Object.fromEntries(of("header").map(({ name, input }) => [name, input.value])) };
  if (body) headers["Content-Type"] = "application/json";
  try {
    const answer = await fetch(path + (query && `?${query}`), { method: method.toUpperCase(), headers, body: body?.value });
    const text = await answer.text();
    let shown = text;
    try { shown = JSON.parse(text); } catch { /* not JSON: as it is */ }
    said.replaceChildren(make("p", {}, `${answer.status} ${answer.statusText}`), pretty(shown));
  } catch (failure) {
    said.replaceChildren(make("p", {}, `Sem resposta: ${failure.message}`));
  }
}

function article(id, method, path, operation, canTry) {
  const fields = (operation.parameters ?? []).map((parameter) => make("tr", {},
    make("td", {}, make("code", {}, parameter.name), parameter.required ? " *" : ""),
    make("td", {}, `${parameter.in} · ${typeOf(parameter.schema)}`),
    make("td", {}, [parameter.description ?? parameter.schema.description, limitsOf(parameter.schema)].filter(Boolean).join(" · "))));
  return make("article", { id }, make("h3", {}, make("span", { className: "method" }, method.toUpperCase()), path),
    make("p", {}, operation.summary),
    fields.length ? make("table", {}, make("tbody", {}, ...fields)) : "",
    ...(operation.requestBody ? [make("h4", {}, "Corpo"), ...mediaBlock(operation.requestBody.content)] : []),
    make("h4", {}, "Respostas"),
    ...Object.entries(operation.responses).map(([status, response]) => responseBlock(status, response)),
    canTry ? tryOut(method, path, operation) : "");
}

function operations() {
  const routes = Object.entries(spec.paths).map(([path, item]) => [path, item, true]);
  const hooks = Object.entries(spec.webhooks).map(([name, item]) => [name, item, false]);
  return [...routes, ...hooks].flatMap(([path, item, canTry]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ method, path, operation: item[method], canTry })));
}

function show() {
  const index = {};
  const articles = operations().map(({ method, path, operation, canTry }) => {
    const tag = canTry ? operation.tags[0] : "O que o webhook recebe";
    (index[tag] ??= []).push(make("a", { href: `#${operation.operationId}` }, `${method.toUpperCase()} ${path}`));
    return article(operation.operationId, method, path, operation, canTry);
  });
  $("index").replaceChildren(...Object.entries(index).flatMap(([tag, links]) => [make("h2", {}, tag), ...links]));
  $("document").replaceChildren(make("p", {}, spec.info.description), ...articles);
}

$("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch("/openapi.json", { headers: authorized() }).catch(() => null);
  const body = await answer?.json().catch(() => null);
  $("said").textContent = answer?.ok ? `versão ${body.info.version}` : body?.error ?? "Sem resposta";
  if (answer?.ok) { spec = body; show(); }
});
