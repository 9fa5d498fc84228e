/** Runs the exporter as After Effects would: ECMAScript 3 alone, the object model as globals, files on the disk. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import vm from 'node:vm';
import * as layers from './layers.mjs';
import * as model from './model.mjs';

/** What ECMAScript 3 has of its built-in objects; all else is taken away before the script runs. */
const KEPT = {
	Object: [], Array: [], String: [], Number: ['MAX_VALUE', 'MIN_VALUE', 'NaN', 'NEGATIVE_INFINITY', 'POSITIVE_INFINITY'], Date: ['UTC', 'parse'],
	'Object.prototype': ['constructor', 'hasOwnProperty', 'isPrototypeOf', 'propertyIsEnumerable', 'toLocaleString', 'toString', 'valueOf'],
	'Array.prototype': ['constructor', 'length', 'concat', 'join', 'pop', 'push', 'reverse', 'shift', 'slice', 'sort', 'splice', 'toString', 'toLocaleString', 'unshift'],
	'String.prototype': ['constructor', 'length', 'charAt', 'charCodeAt', 'concat', 'indexOf', 'lastIndexOf', 'localeCompare', 'match', 'replace', 'search', 'slice',
		'split', 'substr', 'substring', 'toLocaleLowerCase', 'toLocaleUpperCase', 'toLowerCase', 'toString', 'toUpperCase', 'valueOf'],
	'Function.prototype': ['constructor', 'length', 'name', 'apply', 'call', 'toString'],
}; // prettier-ignore
const GLOBALS = ['JSON', 'Map', 'Set', 'WeakMap', 'WeakSet', 'Promise', 'Symbol', 'Proxy', 'Reflect', 'globalThis'];

const OLD = `(function (kept, globals) {
	for (var path in kept) {
		var at = path.split('.').reduce(function (from, name) { return from[name]; }, this);
		Object.getOwnPropertyNames(at).forEach(function (name) {
			if (['prototype', 'length', 'name', 'arguments', 'caller', '__proto__'].includes(name)) return;
			if (['fromCharCode'].includes(name)) return;
			if (!kept[path].includes(name)) gone.push([at, name]);
		});
	}
	gone.forEach(function (each) { delete each[0][each[1]]; });
	globals.forEach(function (name) { delete this[name]; }, this);
}).call(this, kept, globals)`;

class File {
	constructor(path) {
		Object.assign(this, { fsName: path, name: encodeURI(basename(path)), encoding: '', lineFeed: '', error: '', text: '' });
	}
	get exists() {
		return existsSync(this.fsName);
	}
	open(mode) {
		this.text = '';
		if (mode !== 'w' || !existsSync(dirname(this.fsName))) {
			this.error = 'no such folder';
			return false;
		}
		return true;
	}
	write(text) {
		this.text += text;
		return true;
	}
	close() {
		if (this.encoding !== 'UTF-8') throw new Error('After Effects would write another encoding');
		writeFileSync(this.fsName, this.text);
		return true;
	}
	copy(target) {
		if (!existsSync(dirname(target))) return false;
		copyFileSync(this.fsName, target);
		return true;
	}
}

class Folder {
	constructor(path) {
		this.fsName = path;
	}
	get exists() {
		return existsSync(this.fsName);
	}
	create() {
		mkdirSync(this.fsName, { recursive: true });
		return true;
	}
	static selectDialog() {
		return Folder.chosen ?? null;
	}
}

/** Widgets of ScriptUI, enough of them to press buttons and read lists. */
class Widget {
	constructor(kind, text) {
		Object.assign(this, { kind, text: typeof text === 'string' ? text : '', value: false, items: [], children: [], subItems: [], selected: false });
		this.layout = { layout() {} };
	}
	add(kind, boundsOrText, text) {
		const made = new Widget(kind, kind === 'item' ? boundsOrText : text);
		if (kind === 'item') {
			made.subItems = [{}, {}, {}, {}];
			this.items.push(made);
		} else this.children.push(made);
		return made;
	}
	removeAll() {
		this.items = [];
	}
	center() {}
	show() {}
	find(text) {
		return this.children.find((child) => child.text.startsWith(text));
	}
}
class Panel extends Widget {}
class Window extends Widget {
	constructor(kind, title) {
		super(kind, title);
		Window.opened = this;
	}
}

/** The script with its `//@include` lines resolved, as ExtendScript's preprocessor does. */
export function source(path) {
	const text = readFileSync(path, 'utf8');
	return text.replace(/^\/\/@include "([^"]+)"$/gm, (_, name) => source(join(dirname(path), name)));
}

/**
 * Run the exporter on a project.
 *
 * @return The script's own `fancam`, and the window that it opened.
 */
export function run(script, items, more = {}) {
	const project = {
		items, numItems: items.length, item: (i) => items[i - 1], activeItem: items[0], file: { name: 'project.aep' }, linearBlending: false,
		linearizeWorkingSpace: false, ...more,
	}; // prettier-ignore
	const undo = [];
	const app = { project, version: '24.5', beginUndoGroup: (name) => undo.push(name), endUndoGroup: () => undo.pop() };
	const context = vm.createContext({ ...model, ...layers, app, File, Folder, Panel, Window, kept: KEPT, globals: GLOBALS, gone: [] });
	vm.runInContext(OLD, context);
	vm.runInContext(script, context, { filename: 'fancam-export.jsx' });
	if (undo.length) throw new Error('an undo group stays open');
	return { fancam: context.fancam, window: Window.opened, File, Folder };
}
