// Whether the schema of --json serves those who use it: ajv compiles it in
// strict mode, and json-schema-to-typescript makes types that have the fields
// of each object. Usage: node schema.mjs SCHEMA
import { readFileSync } from "fs";
import { createRequire } from "module";
import { pathToFileURL } from "url";

// The packages are where this was started, not beside this file.
const require = createRequire(pathToFileURL(process.cwd() + "/").href);
const Ajv = require("ajv/dist/2020").default;
const { compile } = require("json-schema-to-typescript");

const text = readFileSync(process.argv[2], "utf8");
const validate = new Ajv({ strict: true }).compile(JSON.parse(text));
const summary = {
    type: "summary", files: 1, cloned: 1, copied: 0, mixed: 0, skipped: 0,
    failed: 0, refused: 0, bytes_cloned: 1, bytes_copied: 0,
    bytes_copied_by_server: 0, elapsed_ms: 1,
    schema_version: 1, reasons: {}, hard_links: 0, links_into_source: 0,
    passed_over: { "staging-file": 1 }, warnings: [], exit_code: 0,
};
const problems = [];
if (!validate(summary))
    problems.push("a summary is refused: " + JSON.stringify(validate.errors));
if (validate({ ...summary, schema_version: 2 }))
    problems.push("another version is accepted");
if (validate({ ...summary, files: "1" }))
    problems.push("a number in quotes is accepted");

const types = await compile(JSON.parse(text), "Reflink");
for (const [name, field] of [
    ["Outcome", "bytes_cloned: "], ["File", 'type: "file"'],
    ["Summary", "schema_version: 1"], ["Plan", "steps: Step[]"],
    ["Volume", "block_cloning: "], ["Extents", "bytes_shared: "],
    ["Shared", "ranges:"], ["Dedupe", "bytes_freed: "],
]) {
    const start = types.search(new RegExp(`export (type|interface) ${name}\\b`));
    const end = types.indexOf("\nexport ", start + 1);
    if (start < 0 || !types.slice(start, end < 0 ? undefined : end).includes(field))
        problems.push(`the type ${name} has no ${field}`);
}
console.log(problems.join("\n") || "ajv and json-schema-to-typescript take the schema");
process.exit(problems.length === 0 ? 0 : 1);
