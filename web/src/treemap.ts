// Squarified: rows of rectangles that are as near to squares as their sizes allow.
export interface Tile {
	index: number;
	x: number;
	y: number;
	width: number;
	height: number;
}

// Of sizes in falling order; sizes of 0 have no tile.
export function squarify(sizes: number[], width: number, height: number): Tile[] {
	const tiles: Tile[] = [];
	const total = sizes.reduce((sum, size) => sum + Math.max(size, 0), 0);
	if (!(total > 0)) return tiles;
	const scale = (width * height) / total;
	let x = 0;
	let y = 0;
	let w = width;
	let h = height;
	for (let begin = 0; begin < sizes.length && sizes[begin] > 0; ) {
		const side = Math.min(w, h);
		let area = 0;
		let worst = Infinity;
		let end = begin;
		while (end < sizes.length && sizes[end] > 0) {
			const next = area + sizes[end] * scale;
			const thick = next / side;
			// The first of a row is its largest, the last its smallest.
			const now = Math.max((sizes[begin] * scale) / (thick * thick), (thick * thick) / (sizes[end] * scale));
			if (now > worst) break;
			worst = now;
			area = next;
			end++;
		}
		const thick = area / side;
		let along = 0;
		for (let i = begin; i < end; i++) {
			const long = (sizes[i] * scale) / thick;
			tiles.push(w >= h
				? { index: i, x, y: y + along, width: thick, height: long }
				: { index: i, x: x + along, y, width: long, height: thick });
			along += long;
		}
		if (w >= h) {
			x += thick;
			w -= thick;
		} else {
			y += thick;
			h -= thick;
		}
		begin = end;
	}
	return tiles;
}
