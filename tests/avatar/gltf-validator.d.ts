/** What the tests use of the Khronos validator, which brings no types. */
declare module 'gltf-validator' {
	interface Report {
		issues: { numErrors: number; numWarnings: number; messages: { code: string; severity: number; message: string }[] };
	}
	export function validateBytes(glb: Uint8Array): Promise<Report>;
}
