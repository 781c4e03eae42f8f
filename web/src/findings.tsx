import { useMemo, useState } from 'preact/hooks';
import type { Finding, Source } from './documents';
import { bytes, count, duration, lines, safe, signed } from './format';
import { At, Choice, matches, Name, Search, Section, useMore } from './parts';

const MEANING: Record<string, string> = {
	proved: 'no execution of the program can end it',
	likely: 'what a reasonable engineer would act on',
	suspect: 'worth a look',
};

function Facts({ finding }: { finding: Finding }) {
	const facts: string[] = [];
	if (finding.bytes != null && finding.bytes > 0) facts.push(`holds ${bytes(finding.bytes)}`);
	if (finding.bytes_per_hour) facts.push(`${signed(finding.bytes_per_hour, bytes)} an hour`);
	if (finding.growth_per_hour) facts.push(`${signed(finding.growth_per_hour, count)} an hour`);
	if (finding.state) facts.push(safe(finding.state, 100));
	if (finding.wait_s != null) facts.push(`waiting up to ${duration(finding.wait_s)}`);
	if (finding.example != null) facts.push(`for example goroutine ${finding.example}`);
	if (finding.before) {
		const before = finding.before;
		facts.push(`before: ${count(before.count)}${before.bytes != null ? `, ${bytes(before.bytes)}` : ''}`);
	}
	if (!facts.length) return null;
	return <p class="facts">{facts.join(' · ')}</p>;
}

function Where({ finding }: { finding: Finding }) {
	if (!finding.function && !finding.file) return null;
	return (
		<p class="where">
			{finding.place_is && <span class="word">{safe(finding.place_is, 60)} </span>}
			<At at={finding} />
			{finding.created_by && (
				<> <span class="word">started by</span> <At at={finding.created_by} /></>
			)}
		</p>
	);
}

function Excerpt({ source, line }: { source: Source | null | undefined; line: number | null }) {
	if (!source?.lines?.length || source.first_line == null) return null;
	const first = source.first_line;
	return (
		<pre class="excerpt" tabIndex={0} aria-label={`Source, from line ${first} on`}>
			{source.lines.map((text, i) => (
				<span key={i} class={first + i === line ? 'line here' : 'line'}>
					<span class="count">{first + i}</span> <bdi>{lines(text, 300).replace(/\t/g, '    ')}</bdi>{'\n'}
				</span>
			))}
			{source.state === 'unsure' && <span class="line unknown">The file may have changed since the program was built.</span>}
		</pre>
	);
}

export function Path({ steps }: { steps: string[] }) {
	return (
		<ol class="path">
			{steps.map((step, i) => <li key={i}><bdi>{safe(step.trim(), 400)}</bdi></li>)}
		</ol>
	);
}

function One({ finding, gone }: { finding: Finding; gone?: boolean }) {
	const also = finding.also.length ? `, also ${finding.also.join(', ')}` : '';
	const change = finding.change === 'new' ? 'new' : finding.change === 'stayed' ? 'stayed'
		: gone ? (finding.mended ? 'gone, mended' : 'gone') : null;
	return (
		<article class={`finding ${finding.certainty}`}>
			<p class="certainty" title={MEANING[finding.certainty]}>{finding.certainty}</p>
			<div class="body">
				<h3><bdi>{safe(finding.title, 600)}</bdi></h3>
				<p class="rule">
					{change && <span class="change">{change}</span>}
					<span>{safe(finding.code, 20)} {safe(finding.rule, 80)}{also}</span>
				</p>
				{finding.test && <p class="where"><span class="word">test</span> <Name text={finding.test} full /></p>}
				<Where finding={finding} />
				<Excerpt source={finding.source} line={finding.line} />
				<Facts finding={finding} />
				<dl>
					{finding.why && <><dt>Why</dt><dd>{safe(finding.why)}</dd></>}
					{finding.change_why && <><dt>Change</dt><dd>{safe(finding.change_why)}</dd></>}
					{finding.settle && <><dt>Check</dt><dd>{safe(finding.settle)}</dd></>}
					{finding.fix.text && <><dt>Fix</dt><dd class="fix">{safe(finding.fix.text)}</dd></>}
					{finding.fix.diff && <><dt>Diff</dt><dd><pre tabIndex={0}>{lines(finding.fix.diff)}</pre></dd></>}
					{finding.path.length > 0 && <><dt>Path</dt><dd><Path steps={finding.path} /></dd></>}
				</dl>
			</div>
		</article>
	);
}

function textOf(finding: Finding): string {
	const { certainty, code, rule, title, file, subject, created_by: by, test } = finding;
	return [certainty, code, rule, title, finding.function, file, subject, by?.function, test].join(' ');
}

export function Findings(props: { findings: Finding[]; title?: string; id?: string; gone?: boolean }) {
	const { findings } = props;
	const [words, setWords] = useState('');
	const [certainty, setCertainty] = useState('all');
	const sums = useMemo(() => {
		const found = new Map<string, number>();
		for (const one of findings) found.set(one.certainty, (found.get(one.certainty) ?? 0) + 1);
		return found;
	}, [findings]);
	const shown = useMemo(
		() => findings.filter((one) => (certainty === 'all' || one.certainty === certainty) && matches(textOf(one), words)),
		[findings, certainty, words],
	);
	const [some, more] = useMore(shown, 40);
	const choices: [string, string][] = [['all', `all ${count(findings.length)}`]];
	for (const name of ['proved', 'likely', 'suspect'])
		if (sums.has(name)) choices.push([name, `${name} ${count(sums.get(name)!)}`]);
	const id = props.id ?? 'findings';
	if (!findings.length)
		return <Section id={id} title={props.title ?? 'Findings'}><p class="calm">Nothing was found.</p></Section>;
	return (
		<Section id={id} title={props.title ?? 'Findings'}>
			{findings.length > 3 && (
				<div class="tools">
					{choices.length > 2 && (
						<Choice label="Certainty" options={choices} value={certainty} onChange={setCertainty} />
					)}
					<Search label="Search findings" value={words} onInput={setWords} />
				</div>
			)}
			<p class="status" role="status">
				{shown.length < findings.length && `${count(shown.length)} of ${count(findings.length)} findings`}
			</p>
			{some.map((one, i) => <One key={one.fingerprint + i} finding={one} gone={props.gone} />)}
			{more}
		</Section>
	);
}
