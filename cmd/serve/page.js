'use strict';
/* The search page. The address bar holds the question, so that a link reproduces the answer; a picture alone is held here. Reports are
 * shown as text nodes, never as markup. */

const at = id => document.getElementById(id);
let picture = null; /* a File that asks */
let asked = 0;      /* number of the newest question: answers to older ones are dropped */

function make(tag, text, className) {
    const e = document.createElement(tag);
    if (text !== undefined) e.textContent = text;
    if (className) e.className = className;
    return e;
}

/* ---- The question ---- */

const FIELDS = ['text', 'id', 'find', 'words'];

function readForm() {
    const q = new URLSearchParams();
    for (const name of FIELDS) if (at(name).value.trim()) q.set(name, at(name).value.trim());
    if (picture) q.delete('text'), q.delete('id');
    if (q.has('text')) q.delete('id');
    for (const option of at('label').selectedOptions) q.append('label', option.value);
    if (at('unseen').checked) q.set('unseen', '1');
    if (!at('per_group').checked) q.set('per_group', '0');
    return q;
}

function writeForm(q) {
    for (const name of FIELDS) at(name).value = q.get(name) || '';
    const labels = q.getAll('label');
    for (const option of at('label').options) option.selected = labels.includes(option.value);
    for (const name of labels) /* a label that the list does not have yet */
        if (![...at('label').options].some(o => o.value === name)) at('label').append(new Option(name, name, true, true));
    at('unseen').checked = q.get('unseen') === '1';
    at('per_group').checked = q.get('per_group') !== '0';
    if (q.has('words') || labels.length || q.has('unseen') || q.has('per_group')) at('filters').open = true;
}

function pick(file) {
    if (at('preview').src) URL.revokeObjectURL(at('preview').src);
    picture = file || null;
    at('picked').hidden = !picture;
    if (!picture) {
        at('preview').removeAttribute('src');
        at('file').value = '';
        return;
    }
    at('preview').src = URL.createObjectURL(picture);
    at('text').value = at('id').value = '';
}

/* Asks, and puts the question into the address bar. */
function go(q) {
    history.pushState(null, '', q.size || [...q].length ? '/?' + q : '/');
    ask(q);
}

const MOST_BYTES = 16 << 20; /* SERVER_BODY of server.h */
const isQuestion = q => picture || ['text', 'id', 'words', 'label', 'unseen'].some(name => q.has(name));

async function ask(q) {
    const number = ++asked;
    if (!isQuestion(q)) return show(null, q);
    if (picture && picture.size > MOST_BYTES) return show(null, q), say('The picture is larger than 16 MiB; save it smaller and try again.', true);
    say('Searching …');
    try {
        const r = await fetch('/api/search?' + q, picture ? {method: 'POST', body: picture, headers: {'Content-Type': 'application/octet-stream'}} : {});
        const answer = await r.json();
        if (number !== asked) return;
        if (!r.ok) throw new Error(answer.error);
        show(answer, q);
    } catch (e) {
        if (number === asked) show(null, q), say(e.message || 'The server does not answer.', true);
    }
}

function say(text, failed) {
    at('status').textContent = text;
    at('status').className = failed ? 'failed' : '';
}

/* ---- The answer ---- */

/* An expression that finds the words of the question in a report, or null. Chinese, Japanese and Korean have no word boundaries. */
/* Words that nearly every sentence has: marked, they would hide the others. eval/page/html.c leaves out the same ones. */
const COMMON = /^(a|an|and|are|as|at|be|by|for|from|has|in|is|it|of|on|or|that|the|this|to|was|were|with)$/i;

function highlighter(q) {
    const letters = '[\\p{L}\\p{M}\\p{N}]', cjk = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
    const filter = (q.get('words') || '').replace(/(^|\s)-("[^"]*"?|\S+)/gu, ' ');
    const words = ((q.get('text') || '') + ' ' + filter).match(/[\p{L}\p{M}\p{N}]+/gu) || [];
    const parts = [...new Set(words)].filter(w => (w.length > 1 && !COMMON.test(w)) || cjk.test(w)).sort((a, b) => b.length - a.length)
        .map(w => cjk.test(w) ? w : `(?<!${letters})${w}(?!${letters})`);
    return parts.length ? new RegExp(parts.join('|'), 'giu') : null;
}

function addMarked(to, text, words) {
    let from = 0;
    for (const m of words ? text.matchAll(words) : []) {
        to.append(text.slice(from, m.index), make('mark', m[0]));
        from = m.index + m[0].length;
    }
    to.append(text.slice(from));
}

/* What it is for other patients: " (4 to 8)". */
const range = hit => hit.confidence_low === null ? '' : ` (${Math.round(10 * hit.confidence_low)} to ${Math.round(10 * hit.confidence_high)})`;

function tenths(share) {
    const n = Math.round(10 * share);
    return n < 1 ? 'fewer than 1 in 10' : n > 9 ? 'nearly all' : `about ${n} in 10`;
}

function view(hit) {
    at('viewed').textContent = hit.id;
    at('whole').alt = 'picture of ' + hit.id;
    at('whole').src = hit.image;
    at('viewer').showModal();
}

function pictureOf(hit) {
    if (!hit.image) return make('div', 'no picture', 'none');
    const button = make('button', undefined, 'show'), img = make('img');
    button.type = 'button';
    button.title = 'Show the whole picture';
    img.loading = 'lazy';
    img.alt = 'picture of ' + hit.id;
    img.addEventListener('error', () => button.replaceWith(make('div', 'the picture cannot be shown', 'none')));
    img.src = hit.image.replace('/picture/', '/thumb/');
    button.append(img);
    button.addEventListener('click', () => view(hit));
    return button;
}

function likeButton(hit, kind, words) {
    const button = make('button', words);
    button.type = 'button';
    button.setAttribute('aria-label', `${words} ${hit.id}`);
    button.addEventListener('click', () => {
        pick(null);
        const q = readForm();
        for (const name of ['text', 'words']) q.delete(name);
        q.set('id', hit.id);
        q.set('find', kind);
        writeForm(q);
        go(q);
        at('answer').focus();
    });
    return button;
}

function card(hit, answer, words, grouped) {
    const li = make('li'), top = make('div', undefined, 'top'), tags = make('div'), text = make('p', undefined, 'text'), like = make('div', undefined, 'like');
    top.append(make('h3', `${hit.rank}. ${hit.id}`));
    if (hit.distance !== null) top.append(make('span', `${hit.distance} of ${answer.bits} bits`, 'soft'));
    if (hit.trained_on === true) tags.append(make('span', 'training case', 'tag seen'));
    for (const label of hit.labels) tags.append(make('span', label, 'tag'));
    addMarked(text, hit.text || '', words);
    li.append(top, pictureOf(hit), tags);
    if (hit.confidence !== null) li.append(make('p', tenths(hit.confidence) + range(hit) + ' at this distance share a finding', 'facts'));
    if (hit.text) li.append(text);
    if (hit.more > 0 && grouped) li.append(make('p', `and ${hit.more} more of this group`, 'facts'));
    like.append(likeButton(hit, 'image', 'Pictures like this'), likeButton(hit, 'text', 'Reports like this'));
    li.append(like);
    return li;
}

function facts(answer) {
    const list = [];
    if (answer.unknown_words.length) list.push('The model does not know: ' + answer.unknown_words.join(', ') + '.');
    if (answer.unlike) list.push(answer.asked === 'image' ? 'This picture is unlike the pictures that the model was trained on: expect nothing of the answer.'
        : 'This question is unlike reports: it lies farther from every picture than 19 in 20 of them. Expect nothing of the answer.');
    if (answer.within >= 0 && answer.ties > answer.hits.length) list.push(`${answer.ties.toLocaleString('en')} cases lie within ${answer.within} of ${answer.bits} bits. The nearest 100 are ordered by the model's score, all others by distance.`);
    if (answer.hits.some(h => h.confidence_low !== null)) list.push('In brackets: the share among other patients (95 % interval).');
    if (answer.chance_from >= 0) list.push(`From ${answer.chance_from} bits on, hits share a finding no more often than chance${answer.chance === null ? '' : ` (${tenths(answer.chance)})`}.`);
    if (answer.hits.some(h => h.trained_on === true)) list.push('A training case is one that the model has seen: it says little of how well the model finds new cases.');
    return list.concat(answer.notes);
}

const KIND = {image: 'pictures', text: 'reports'};

function heading(answer) {
    const n = answer.hits.length, first = 50 * (answer.page - 1) + 1;
    if (!n) return 'Nothing found.';
    const range = answer.page > 1 || answer.next ? `${first} to ${first + n - 1}` : `${n}`;
    if (!answer.found) return `${range} of ${answer.passed.toLocaleString('en')} cases`;
    return `The nearest ${KIND[answer.found]}: ${range} of ${answer.passed.toLocaleString('en')} cases`;
}

/* What a printed page needs, where the form is left out. */
function inWords(q) {
    const fields = [...q].filter(([name]) => name !== 'page').map(([name, value]) => `${name.replace('_', ' ')} "${value}"`);
    return 'Asked: ' + (picture ? ['a picture', ...fields] : fields).join(', ');
}

function show(answer, q) {
    at('facts').replaceChildren(...(answer ? facts(answer) : []).map(f => make('li', f)));
    if (answer) at('facts').prepend(make('li', inWords(q), 'paper'));
    const words = highlighter(q);
    at('hits').replaceChildren(...(answer ? answer.hits : []).map(h => card(h, answer, words, q.get('per_group') !== '0')));
    at('pages').hidden = !answer || (answer.page === 1 && !answer.next);
    say(answer ? heading(answer) : '');
    if (!answer) return;
    for (const text of document.querySelectorAll('.text')) /* a long report scrolls by the keyboard, too */
        if (text.scrollHeight > text.clientHeight) text.tabIndex = 0;
    const top = at('answer').getBoundingClientRect().top;
    if (top < 0 || top > innerHeight / 2) at('answer').scrollIntoView();
    at('previous').disabled = answer.page === 1;
    at('next').disabled = !answer.next;
    at('page').textContent = `page ${answer.page}`;
    if (picture) at('facts').append(make('li', 'A link cannot hold a picture: it reproduces the filters alone.'));
}

function turn(by) {
    const q = new URLSearchParams(location.search), page = Number(q.get('page') || 1) + by;
    page > 1 ? q.set('page', page) : q.delete('page');
    go(q);
    at('answer').focus();
}

/* ---- Beginning ---- */

async function about() {
    const r = await fetch('/api/about'), a = await r.json();
    if (!r.ok) return say(a.error, true);
    at('about').textContent = `${a.index}: ${a.cases.toLocaleString('en')} cases, ${a.bits} bits` + (a.model ? `, model ${a.model}` : '');
    at('label').replaceChildren(...a.labels.map(l => new Option(`${l.name} (${l.cases.toLocaleString('en')})`, l.name)));
    if (!a.groups) {
        at('per_group').disabled = true;
        at('per_group').nextSibling.textContent = ' the index names no groups: hits of one patient are not put together';
    }
    at('asking').hidden = at('hint').hidden = !a.model;
    writeForm(new URLSearchParams(location.search));
    at(a.model ? 'text' : 'id').focus();
    ask(new URLSearchParams(location.search));
}

at('ask').addEventListener('submit', e => {
    e.preventDefault();
    const q = readForm();
    if (!isQuestion(q)) return say('Type a sentence, choose a picture, name a case, or set a filter.', true);
    go(q);
});
at('file').addEventListener('change', () => { if (at('file').files[0]) pick(at('file').files[0]), go(readForm()); });
at('unpick').addEventListener('click', () => pick(null));
at('text').addEventListener('input', () => { if (at('text').value) pick(null), at('id').value = ''; });
at('id').addEventListener('input', () => { if (at('id').value) pick(null), at('text').value = ''; });
at('preview').addEventListener('error', () => { at('preview').alt = picture ? picture.name : ''; });
at('previous').addEventListener('click', () => turn(-1));
at('next').addEventListener('click', () => turn(1));
at('viewer').addEventListener('click', e => { if (e.target === at('viewer') || e.target === at('whole')) at('viewer').close(); });
addEventListener('popstate', () => {
    pick(null);
    writeForm(new URLSearchParams(location.search));
    ask(new URLSearchParams(location.search));
});
addEventListener('dragover', e => { e.preventDefault(); document.body.classList.add('dragging'); });
addEventListener('dragleave', e => { if (!e.relatedTarget) document.body.classList.remove('dragging'); });
addEventListener('drop', e => {
    e.preventDefault();
    document.body.classList.remove('dragging');
    if (e.dataTransfer.files[0]) pick(e.dataTransfer.files[0]), go(readForm());
});
addEventListener('paste', e => { if (e.clipboardData.files[0]) e.preventDefault(), pick(e.clipboardData.files[0]), go(readForm()); });
addEventListener('keydown', e => {
    if (e.key !== '/' || e.ctrlKey || e.altKey || e.metaKey || e.target.closest('input, select, dialog')) return;
    e.preventDefault();
    at(at('asking').hidden ? 'id' : 'text').focus();
});
about().catch(() => say('The server does not answer.', true));
