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
				mode: fancam.MASK_MODES[enumName(MaskMode, mask.maskMode)],
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

	/** The name of an enumerated value of After Effects; its numbers differ between versions. */
	fancam.enumName = enumName;
	function enumName(kind, value) {
		for (var name in kind) if (kind[name] === value) return name;
		return '';
	}
})();
