import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { count } from './format';
import { matches, Search, useMore } from './parts';

export interface Column<T> {
	title: string;
	value: (row: T) => number | string | null | undefined;
	view?: (row: T) => ComponentChildren;
}

// A table whose columns sort it, the largest first; what is unknown comes last.
export function Sortable<T>(props: { label: string; rows: T[]; columns: Column<T>[]; text: (row: T) => string; first: string }) {
	const { rows, columns } = props;
	const [words, setWords] = useState('');
	const [sort, setSort] = useState({ title: props.first, down: true });
	const sorted = useMemo(() => {
		const column = columns.find((one) => one.title === sort.title)!;
		const found = rows.filter((row) => !words || matches(props.text(row), words));
		const keys = new Map(found.map((row) => [row, column.value(row)]));
		const sign = sort.down ? -1 : 1;
		return found.sort((a, b) => {
			const x = keys.get(a);
			const y = keys.get(b);
			if (x == null || y == null) return Number(x == null) - Number(y == null);
			return x < y ? -sign : x > y ? sign : 0;
		});
	}, [rows, words, sort]);
	const [some, more] = useMore(sorted, 30);
	const numeric = (column: Column<T>) => rows.some((row) => typeof column.value(row) === 'number');
	return (
		<>
			{rows.length > 5 && (
				<div class="tools">
					<Search label={`Search ${props.label}`} value={words} onInput={setWords} />
					<span role="status">{words && `${count(sorted.length)} of ${count(rows.length)}`}</span>
				</div>
			)}
			<div class="scroll" tabIndex={0} role="region" aria-label={`Table of ${props.label}`}>
				<table>
					<thead>
						<tr>
							{columns.map((column) => {
								const now = column.title === sort.title;
								return (
									<th key={column.title} scope="col" class={numeric(column) ? 'number' : ''} aria-sort={now ? (sort.down ? 'descending' : 'ascending') : undefined}>
										<button type="button" class="sort" onClick={() => setSort({ title: column.title, down: now ? !sort.down : numeric(column) })}>
											{column.title}<span aria-hidden="true">{now ? (sort.down ? ' ↓' : ' ↑') : ''}</span>
										</button>
									</th>
								);
							})}
						</tr>
					</thead>
					<tbody>
						{some.map((row, i) => (
							<tr key={i}>
								{columns.map((column) => (
									<td key={column.title} class={numeric(column) ? 'number' : ''}>{column.view ? column.view(row) : column.value(row)}</td>
								))}
							</tr>
						))}
					</tbody>
				</table>
			</div>
			{more}
		</>
	);
}
