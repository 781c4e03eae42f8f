import { render } from 'preact';
import './page.css';
import { App } from './app';
import { readDocuments } from './documents';

const root = document.getElementById('page')!;
const documents = readDocuments();
root.replaceChildren();
render(<App documents={documents} />, root);

// Paper cannot be opened.
addEventListener('beforeprint', () => {
	for (const details of document.querySelectorAll('details')) details.open = true;
});
