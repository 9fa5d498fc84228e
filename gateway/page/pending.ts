/** Decisions that can still be taken back: each goes to the gateway a few seconds after it was made. */
import type { Decision, Held } from './rest.js';

export const UNDO_S = 5;

export interface Pending {
	held: Held;
	decision: Decision;
	timer: number;
}

export class PendingDecisions {
	#waiting: Pending[] = [];
	#underWay: Pending[] = [];

	/**
	 * @param send Sends a decision; `last` when the page is being left.
	 * @param settled Told when one is on record, or was refused.
	 */
	constructor(
		private readonly send: (pending: Pending, last: boolean) => Promise<void>,
		private readonly settled: () => void,
	) {}

	/** Whether this was decided here and is not on record yet. */
	holds(key: string): boolean {
		return [...this.#waiting, ...this.#underWay].some(({ held }) => keyOf(held) === key);
	}

	add(held: Held, decision: Decision): Pending {
		const pending: Pending = { held, decision, timer: 0 };
		pending.timer = window.setTimeout(() => this.#go(pending, false), UNDO_S * 1000);
		this.#waiting.push(pending);
		return pending;
	}

	/** Take the last decision back; nothing when the last is on record. */
	undo(): Pending | undefined {
		const last = this.#waiting.pop();
		if (last) window.clearTimeout(last.timer);
		return last;
	}

	/** Send everything at once, since the page is being left. */
	flush(): void {
		for (const pending of [...this.#waiting]) this.#go(pending, true);
	}

	#go(pending: Pending, last: boolean): void {
		window.clearTimeout(pending.timer);
		this.#waiting = this.#waiting.filter((one) => one !== pending);
		this.#underWay.push(pending);
		void this.send(pending, last).finally(() => {
			this.#underWay = this.#underWay.filter((one) => one !== pending);
			this.settled();
		});
	}
}

/** What names a version of a name or a take. */
export function keyOf({ session, stage, version }: { session: string; stage: string; version: string }): string {
	return `${session} ${stage} ${version}`;
}
