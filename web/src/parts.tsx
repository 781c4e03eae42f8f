import type { ComponentChildren } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import type { Place } from './documents';
import { count, place, safe, shortName } from './format';

export function Section(props: { id: string; title: string; note?: string; children: ComponentChildren }) {
	return (
		<section id={props.id} aria-labelledby={`${props.id}-title`}>
			<header class="head">
				<h2 id={`${props.id}-title`}>{props.title}</h2>
				{props.note && <p class="note">{props.note}</p>}
			</header>
			{props.children}
		</section>
	);
}

export function Search(props: { label: string; value: string; onInput: (text: string) => void }) {
	const id = useId();
	return (
		<span class="search">
			<label for={id}>{props.label}</label>
			<input
				id={id} type="search" spellcheck={false} autocomplete="off" value={props.value}
				onInput={(event) => props.onInput(event.currentTarget.value)}
			/>
		</span>
	);
}

// A choice of a few, of which one holds.
export function Choice<T extends string>(props: {
	label: string; options: [T, string][]; value: T; onChange: (value: T) => void;
}) {
	return (
		<span class="choice" role="group" aria-label={props.label}>
			{props.options.map(([value, text]) => (
				<button
					type="button" key={value} aria-pressed={value === props.value}
					onClick={() => props.onChange(value)}
				>
					{text}
				</button>
			))}
		</span>
	);
}

// A name of the program: however hostile, it stays within its own direction and line.
export function Name(props: { text: string | null | undefined; full?: boolean; limit?: number }) {
	const limit = props.limit ?? 300;
	if (props.text == null) return <span class="unknown">unknown</span>;
	const shown = safe(props.full ? props.text : shortName(props.text), limit);
	return <bdi class="name" title={shown === props.text ? undefined : safe(props.text)}>{shown}</bdi>;
}

export function At(props: { at: Place }) {
	const where = place(props.at.file, props.at.line);
	return (
		<span class="at">
			<Name text={props.at.function} />
			{where && <bdi class="file" title={safe(props.at.file)}> {safe(where, 200)}</bdi>}
		</span>
	);
}

export function Stack(props: { frames: Place[]; elided?: number | null; after?: number | null }) {
	const gap = props.after ?? -1;
	return (
		<ol class="stack">
			{props.frames.map((frame, i) => (
				<>
					<li key={i}><At at={frame} /></li>
					{props.elided !== 0 && gap === i + 1 && (
						<li class="unknown">… {props.elided ? count(props.elided) : 'some'} more …</li>
					)}
				</>
			))}
		</ol>
	);
}

// As many as are worth drawing at once, and a button for the rest. Paper has no button: it has all.
export function useMore<T>(all: T[], step: number): [T[], ComponentChildren] {
	const [limit, setLimit] = useState(step);
	useEffect(() => {
		const everything = () => setLimit(Math.max(all.length, step));
		addEventListener('beforeprint', everything);
		return () => removeEventListener('beforeprint', everything);
	}, [all.length, step]);
	const left = all.length - limit;
	if (left <= 0) return [all, null];
	const next = Math.min(left, Math.max(step, limit));
	return [
		all.slice(0, limit),
		<p class="more">
			<button type="button" onClick={() => setLimit(limit + next)}>
				Show {count(next)} more of {count(left)}
			</button>
		</p>,
	];
}

export function matches(text: string, words: string): boolean {
	const lower = text.toLowerCase();
	return words.toLowerCase().split(/\s+/).every((word) => lower.includes(word));
}
