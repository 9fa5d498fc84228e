/** Prints, as JSON, what the Khronos validator calls an error in a file: `node stage/avatar/validate.mjs FILE.glb`. */
import { readFileSync } from 'node:fs';
import { validateBytes } from 'gltf-validator';

const [path] = process.argv.slice(2);
if (!path) throw new Error('usage: node stage/avatar/validate.mjs FILE.glb');
const { issues } = await validateBytes(new Uint8Array(readFileSync(path)));
console.log(JSON.stringify(issues.messages.filter(({ severity }) => severity === 0)));
