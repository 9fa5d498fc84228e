/**
 * Where frames leave the page: a ring of slots in a file of the origin-private file system, which `stage/ring.py` maps into
 * memory. No frame passes through the browser's instrumented channels.
 *
 * One page of 32-bit words comes first, then the slots. The page's worker writes `written` and the frame numbers, the host
 * writes `consumed`; neither waits for a message from the other.
 */

/** "FANC", little endian. */
export const MAGIC = 0x434e4146;
/** Bytes before the first slot; slots begin on such multiples too. */
export const HEADER_BYTES = 4096;
/** Positions of the words in the header; equal to those in `host.py`. */
export const WORD = { magic: 0, written: 1, consumed: 2, id: 16, numbers: 32 } as const;
/** Slots of the ring: one being read by the host, one waiting, one being written. */
export const SLOTS = 3;

/** What the page asks its worker. */
export type RingRequest =
	| { kind: 'open'; id: string }
	| { kind: 'begin'; slotBytes: number }
	| { kind: 'put'; frame: number; bytes: ArrayBuffer }
	| { kind: 'stop' };

/** What the worker says: done with the request, giving a buffer back if there was one. */
export type RingReply = { error: string } | { bytes: ArrayBuffer | null };

/** The page's end of the ring. Requests are answered in order. */
export class Ring {
	readonly #worker: Worker;
	readonly #waiting: ((reply: RingReply) => void)[] = [];

	constructor(worker: Worker) {
		this.#worker = worker;
		worker.onmessage = ({ data }: MessageEvent<RingReply>) => this.#waiting.shift()?.(data);
		worker.onerror = (event) => {
			for (const settle of this.#waiting.splice(0)) settle({ error: event.message });
		};
	}

	/** Make the file and mark it with 32 hexadecimal digits by which the host finds it. */
	async open(id: string): Promise<void> {
		await this.#ask({ kind: 'open', id });
	}

	/** Start a run of frames of `slotBytes` each. */
	async begin(slotBytes: number): Promise<void> {
		await this.#ask({ kind: 'begin', slotBytes });
	}

	/** Write a frame into the next slot, waiting until it is free; gives the buffer back for the next frame. */
	async put(frame: number, bytes: ArrayBuffer): Promise<ArrayBuffer> {
		const reply = await this.#ask({ kind: 'put', frame, bytes }, [bytes]);
		return reply ?? new ArrayBuffer(0);
	}

	/** Let go of a `put` that waits for a host that no longer reads. */
	stop(): void {
		void this.#ask({ kind: 'stop' });
	}

	async #ask(request: RingRequest, transfer: Transferable[] = []): Promise<ArrayBuffer | null> {
		const reply = await new Promise<RingReply>((settle) => {
			this.#waiting.push(settle);
			this.#worker.postMessage(request, transfer);
		});
		if ('error' in reply) throw new Error(`ring: ${reply.error}`);
		return reply.bytes;
	}
}
