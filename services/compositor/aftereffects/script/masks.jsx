/** Masks: every mode, feather, expansion and opacity, and paths that move. */
(function () {
	fancam.masks = function (job, layer, shift) {
		var parade = layer.property('ADBE Mask Parade');
		var found = [];
		var mask;
		var made;
		if (!parade) return undefined;
		for (var i = 1; i <= parade.numProperties; i++) {
			mask = parade.property(i);
			made = {
				name: mask.name,
				mode: fancam.named(MaskMode, mask.maskMode, fancam.MASK_MODES),
				path: fancam.path(job, mask.property('ADBE Mask Shape'), shift),
				inverted: mask.inverted ? true : undefined
			};
			unless(made, 'feather', mask.property('ADBE Mask Feather'), [0, 0]);
			unless(made, 'expansion', mask.property('ADBE Mask Offset'), [0]);
			unless(made, 'opacity', mask.property('ADBE Mask Opacity'), [100]);
			found.push(made);
		}
		return found.length ? found : undefined;

		function unless(into, field, property, usual) {
			job.losses.claim(property);
			if (!fancam.moves(property) && String(fancam.list(property.value)) === String(usual)) return;
			into[field] = fancam.property(job, property);
		}
	};

	/**
	 * What a shot calls an enumerated value of After Effects. Its numbers differ between versions, and its enumerations cannot be
	 * walked, so the names come from the table.
	 *
	 * @param otherwise Given back for a value that the table has not.
	 */
	fancam.named = function (kind, value, table, otherwise) {
		for (var name in table) if (table.hasOwnProperty(name) && kind[name] === value) return table[name];
		return otherwise;
	};
})();
