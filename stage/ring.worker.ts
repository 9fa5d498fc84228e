/** The worker that writes frames into the ring's file; see ring.ts. */
import { HEADER_BYTES, MAGIC, type RingReply, type RingRequest, SLOTS, WORD } from './ring.js';

/** The part of the File System standard that is not in TypeScript's DOM library. */
interface SyncFile {
	read(into: ArrayBufferView, options: { at: number }): number;
	write(from: ArrayBufferView | ArrayBuffer, options: { at: number }): number;
	getSize(): number;
	truncate(size: number): void;
}

interface SyncFileHandle extends FileSystemFileHandle {
	createSyncAccessHandle(): Promise<SyncFile>;
}

/** How often a full ring is looked at again, in milliseconds. */
const PAUSE_MS = 1;

let file: SyncFile;
let slotBytes = 0;
let written = 0;
let stopped = false;

const word = new Int32Array(1);

function poke(index: number, value: number): void {
	word[0] = value;
	file.write(word, { at: index * 4 });
}

function consumed(): number {
	file.read(word, { at: WORD.consumed * 4 });
	return word[0] ?? 0;
}

async function open(id: string): Promise<void> {
	const folder = await navigator.storage.getDirectory();
	const handle = (await folder.getFileHandle(id, { create: true })) as SyncFileHandle;
	file = await handle.createSyncAccessHandle();
	file.truncate(HEADER_BYTES);
	const bytes = Uint8Array.from(id.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
	file.write(bytes, { at: WORD.id * 4 });
	poke(WORD.magic, MAGIC);
}

function begin(bytes: number): void {
	slotBytes = Math.ceil(bytes / HEADER_BYTES) * HEADER_BYTES;
	written = 0;
	stopped = false;
	const size = HEADER_BYTES + SLOTS * slotBytes;
	// The file only grows: the host may still look at a longer one, and a mapped page past the end would kill it.
	if (file.getSize() < size) file.truncate(size);
	poke(WORD.consumed, 0);
	poke(WORD.written, 0);
}

async function put(frame: number, bytes: ArrayBuffer): Promise<void> {
	while (written - consumed() >= SLOTS && !stopped) await new Promise((wake) => setTimeout(wake, PAUSE_MS));
	if (stopped) return;
	const slot = written % SLOTS;
	file.write(bytes, { at: HEADER_BYTES + slot * slotBytes });
	poke(WORD.numbers + slot, frame);
	written += 1;
	poke(WORD.written, written); // last: from here on the host reads the slot
}

async function answer(request: RingRequest): Promise<ArrayBuffer | null> {
	switch (request.kind) {
		case 'open':
			await open(request.id);
			return null;
		case 'begin':
			begin(request.slotBytes);
			return null;
		case 'put':
			await put(request.frame, request.bytes);
			return request.bytes;
		case 'stop':
			return null;
	}
}

let last: Promise<void> = Promise.resolve();

addEventListener('message', ({ data }: MessageEvent<RingRequest>) => {
	if (data.kind === 'stop') stopped = true; // at once, not after the put that waits
	last = last.then(async () => {
		let reply: RingReply;
		try {
			reply = { bytes: await answer(data) };
		} catch (error) {
			reply = { error: String(error) };
		}
		const transfer = 'bytes' in reply && reply.bytes ? [reply.bytes] : [];
		postMessage(reply, { transfer });
	});
});
