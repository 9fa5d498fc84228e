/** What the gateway says to people who review (`gateway/rest/schema.py`), and the few questions that the page asks it. */

export type Part = 'take' | 'voice' | 'mix';
export type Stage = 'name' | 'sing';

/** What waits, without what it is. */
export interface Waiting {
	session: string;
	stage: Stage;
	version: string;
	campaign: string;
	locale: string;
	since: string;
}

export interface Queued extends Waiting {
	/** Who has it before them just now; empty for nobody. */
	before: string;
}

/** Who has a case before them. */
export interface Lease {
	by: string;
	yours: boolean;
}

export interface Queue {
	/** In whose name the key decides; empty for the operator's. */
	by: string;
	waiting: number;
	first: Queued[];
}

export interface Finding {
	text: string;
	form: string;
	entry: string;
	category: string;
	/** 1 mild, 2 vulgar, 3 hard, 4 slur. */
	severity: number;
	action: string;
	expected: string;
	evidence: string;
	start_s: number;
	end_s: number;
}

/** One of the two is empty where a word was left out or added. */
export interface Beside {
	heard: string;
	expected: string;
	likeness: number;
	start_s: number;
	end_s: number;
}

export interface Stretch {
	start_s: number;
	end_s: number;
	action: 'bleep' | 'mute' | 'replace_with_guide';
}

export interface Held extends Waiting {
	name: string;
	reason: string;
	engine: string;
	transcribed: boolean;
	findings: Finding[];
	deviations: Beside[];
	line: Beside[];
	censored: Stretch[];
	/** When the take's first moment is heard in each of the sounds, in seconds. */
	begins: Partial<Record<Part, number>>;
	links: Partial<Record<Part, string>>;
}

export interface Decision {
	stage: Stage;
	version: string;
	approved: boolean;
	by: string;
	why: string;
	censored: Stretch[];
}

export interface Decided {
	stage: Stage;
	approved: boolean;
	by: string;
	decided: string;
}

/** A request that was refused: `reason` is one of docs/reasons.md. */
export class Refused extends Error {
	constructor(
		readonly status: number,
		readonly reason: string,
		detail: string,
	) {
		super(detail);
	}
}

/** The gateway, with a key that this object alone knows. */
export class Gateway {
	readonly #key: string;

	constructor(key: string) {
		this.#key = key;
	}

	/** What waits of a session. */
	async held(session: string): Promise<Held[]> {
		return (await this.#ask(`reviews?session=${encodeURIComponent(session)}`)).json();
	}

	/** What was decided of a session, the newest first. */
	async decided(session: string): Promise<Decided[]> {
		return (await this.#ask(`reviews/decided?session=${encodeURIComponent(session)}`)).json();
	}

	/** The bytes of a held sound. With the key and not by its signed link, which ends after an hour. */
	async sound(session: string, part: Part, signal: AbortSignal): Promise<ArrayBuffer> {
		return (await this.#ask(`sessions/${session}/review/${part}`, { signal })).arrayBuffer();
	}

	/** Say that a case is before somebody; it binds nobody, and ends a minute after it was said last. */
	async take({ session, stage, version }: Held, by: string, takeOver: boolean): Promise<Lease> {
		const body = JSON.stringify({ stage, version, by, take_over: takeOver });
		const headers = { 'Content-Type': 'application/json' };
		return (await this.#ask(`sessions/${session}/review/lease`, { method: 'PUT', body, headers })).json();
	}

	/** Say that it is no more. */
	async leave({ session, stage }: Held, by: string): Promise<void> {
		const theirs = `stage=${stage}&by=${encodeURIComponent(by)}`;
		await this.#ask(`sessions/${session}/review/lease?${theirs}`, { method: 'DELETE', keepalive: true });
	}

	/** Decide. `last` when the page is being left: the browser then sends it all the same. */
	async decide(session: string, decision: Decision, last = false): Promise<void> {
		await this.#ask(`sessions/${session}/review`, {
			method: 'POST',
			body: JSON.stringify(decision),
			headers: { 'Content-Type': 'application/json' },
			keepalive: last,
		});
	}

	/** The queue as it changes, until the connection ends; the gateway says something at least every 15 s. */
	async *queue(signal: AbortSignal): AsyncGenerator<Queue> {
		const reply = await this.#ask('reviews/queue', { signal });
		if (!reply.body) return;
		let text = '';
		const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
		for (;;) {
			const { done, value } = await reader.read();
			if (done) return;
			text += value;
			const events = text.split('\n\n');
			text = events.pop() ?? '';
			for (const event of events) if (event.startsWith('data: ')) yield JSON.parse(event.slice(6));
		}
	}

	async #ask(path: string, init: RequestInit = {}): Promise<Response> {
		const headers = { ...init.headers, Authorization: `Bearer ${this.#key}` };
		const reply = await fetch(`../v1/${path}`, { ...init, headers, cache: 'no-store', credentials: 'omit' });
		if (reply.ok) return reply;
		const problem = await reply.json().catch(() => ({}));
		throw new Refused(reply.status, problem.reason ?? '', problem.detail ?? `the gateway answered ${reply.status}`);
	}
}
