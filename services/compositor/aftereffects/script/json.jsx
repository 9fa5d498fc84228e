/** Values as JSON, since ExtendScript has none: stable order, numbers rounded to a ten-thousandth, and what is undefined left out. */
var fancam = {};

(function () {
	var ESCAPES = { '"': '\\"', '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

	function quoted(text) {
		return '"' + text.replace(/["\\\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]/g, function (letter) {
			var code = letter.charCodeAt(0);
			if (ESCAPES[letter]) return ESCAPES[letter];
			// Surrogates stay as they are: the file is UTF-8, and ExtendScript writes pairs rightly.
			if (code >= 0xd800) return letter;
			return '\\u' + ('000' + code.toString(16)).slice(-4);
		}) + '"';
	}

	/** A number as it is worth writing: After Effects' own panels show no more. */
	fancam.rounded = function (number) {
		var found = Math.round(number * 10000) / 10000;
		return found === 0 ? 0 : found; // no minus zero
	};

	/** Whether a value is an array; ExtendScript's `instanceof` fails for arrays of the host. */
	fancam.isList = function (value) {
		return value !== null && typeof value === 'object' && typeof value.length === 'number' && typeof value !== 'string';
	};

	fancam.json = function (value, indent) {
		var inner = (indent || '') + '\t';
		var parts = [];
		var key;
		var i;
		if (value === null) return 'null';
		if (typeof value === 'number') return isFinite(value) ? String(fancam.rounded(value)) : '"NaN"';
		if (typeof value === 'boolean') return String(value);
		if (typeof value === 'string') return quoted(value);
		if (fancam.isList(value)) {
			for (i = 0; i < value.length; i++) parts.push(fancam.json(value[i], inner));
			if (plain(value)) return '[' + parts.join(', ') + ']';
			return parts.length ? '[\n' + inner + parts.join(',\n' + inner) + '\n' + (indent || '') + ']' : '[]';
		}
		for (key in value) {
			if (value.hasOwnProperty(key) && value[key] !== undefined) parts.push(quoted(key) + ': ' + fancam.json(value[key], inner));
		}
		return parts.length ? '{\n' + inner + parts.join(',\n' + inner) + '\n' + (indent || '') + '}' : '{}';
	};

	/** Whether a list holds only numbers, which then stand on one line. */
	function plain(list) {
		for (var i = 0; i < list.length; i++) if (typeof list[i] !== 'number') return false;
		return true;
	}
})();
