/* The table of runs: sorts, selects, renames and opens by messages to the page, which holds all the truth.

   data: { columns: [{key, label, sorts, number}], rows: [{id, address, name, note, mine, status, dot, when,
   cells}], sort, descending, selected, version }; version says that the page has changed the selection. */

const PENCIL = "✎";

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made[name] = value;
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

const twoDigits = (number) => String(number).padStart(2, "0");

function localTime(seconds) {
  const at = new Date(1000 * seconds);
  const day = [at.getFullYear(), twoDigits(at.getMonth() + 1), twoDigits(at.getDate())].join("-");
  return `${day} ${twoDigits(at.getHours())}:${twoDigits(at.getMinutes())}`;
}

class Table {
  constructor(root) {
    this.root = root;
    this.selected = new Set();
    this.version = null;
    this.drawn = "";
    this.editing = false;
  }

  update(data, send) {
    this.send = send;
    if (data.version !== this.version) {
      this.version = data.version;
      this.selected = new Set(data.selected);
    }
    this.data = data;
    if (this.editing) return; // what came meanwhile is drawn when the field is left
    this.draw();
  }

  draw() {
    const { columns, rows, sort, descending } = this.data;
    const now = JSON.stringify([columns, rows, sort, descending]);
    if (now !== this.drawn) {
      this.drawn = now;
      const focused = this.root.getRootNode().activeElement?.dataset?.focus;
      this.root.replaceChildren(element("table", {}, this.head(), element("tbody", {}, ...rows.map((row) => this.row(row)))));
      if (focused) [...this.root.querySelectorAll("[data-focus]")].find((one) => one.dataset.focus === focused)?.focus();
    }
    this.mark();
  }

  mark() {
    for (const line of this.root.querySelectorAll("tbody tr")) {
      const on = this.selected.has(line.dataset.id);
      line.classList.toggle("selected", on);
      line.querySelector("input[type=checkbox]").checked = on;
    }
    const every = this.data.rows.map((row) => row.id), on = every.filter((id) => this.selected.has(id)).length;
    const all = this.root.querySelector("thead input");
    all.checked = on > 0 && on === every.length;
    all.indeterminate = on > 0 && on < every.length;
  }

  choose(ids, on) {
    for (const id of ids) {
      if (on) this.selected.add(id);
      else this.selected.delete(id);
    }
    this.mark();
    this.send("selected", { ids: [...this.selected], version: this.version });
  }

  head() {
    const { columns, sort, descending, rows } = this.data;
    const all = element("input", {
      type: "checkbox", "aria-label": "Select all runs of this page", "data-focus": "all",
      onchange: (event) => this.choose(rows.map((row) => row.id), event.target.checked),
    });
    const cells = columns.map(({ key, label, number }) => {
      const button = element("button", {
        type: "button", "data-focus": `sort ${key}`, onclick: () => this.send("sort", key),
      }, label);
      const order = key === sort ? (descending ? "descending" : "ascending") : undefined;
      return element("th", { scope: "col", class: number && "number", "aria-sort": order }, button);
    });
    return element("thead", {}, element("tr", {}, element("th", {}, all), ...cells));
  }

  row(row) {
    const called = row.name || row.id;
    const box = element("input", {
      type: "checkbox", "aria-label": `Select ${called}`, "data-focus": `select ${row.id}`,
      onchange: (event) => this.choose([row.id], event.target.checked),
    });
    const cells = this.data.columns.map(({ key, label, number }) => {
      if (key === "name") return element("td", { class: "name" }, this.typed(row, "name", this.link(row)));
      if (key === "note") return this.noteOf(row);
      if (key === "created") return element("td", { class: "when" }, localTime(row.when));
      if (key === "status") return element("td", { class: "status" }, element("span", { style: `--dot: var(--st-${row.dot}-color, ${row.dot})` }, row.status));
      const text = row.cells[key] ?? "";
      if (key === "settings") return element("td", { class: text ? "settings-cell" : "none" }, element("span", { class: "settings", title: text }, text));
      return element("td", { class: text ? number && "number" : "none", "data-label": number && label }, text);
    });
    return element("tr", { "data-id": row.id }, element("td", {}, box), ...cells);
  }

  link(row) {
    return element("a", {
      href: row.address, class: row.name ? "named" : "address", "data-focus": `open ${row.id}`,
      onclick: (event) => {
        if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return; // a tab of its own
        event.preventDefault();
        this.send("open", row.id);
      },
    }, row.name || row.id);
  }

  noteOf(row) {
    return element("td", { class: row.note || row.mine ? "note" : "none" }, this.typed(row, "note", element("span", {}, row.note)));
  }

  typed(row, field, shown) {
    const cell = element("div", { class: "typed" }, shown);
    if (!row.mine) return cell;
    const label = `${field === "name" ? "Rename" : "Write a note on"} ${row.name || row.id}`;
    const edit = element("button", {
      type: "button", class: "edit", "aria-label": label, title: label, "data-focus": `${field} ${row.id}`,
      onclick: () => this.edit(cell, row, field),
    }, PENCIL);
    cell.append(edit);
    return cell;
  }

  edit(cell, row, field) {
    const before = [...cell.childNodes];
    const input = element("input", { type: "text", value: row[field], maxlength: field === "name" ? 80 : 500, "aria-label": field === "name" ? "Name" : "Note" });
    let open = true;
    const close = (save) => {
      if (!open) return;
      open = false;
      this.editing = false;
      const text = input.value;
      cell.replaceChildren(...before);
      cell.querySelector(".edit").focus();
      if (save && text.trim() !== row[field]) this.send("edited", { id: row.id, field, text });
      this.draw();
    };
    input.onkeydown = (event) => {
      if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault(); // else Enter would press the pencil, which has the focus then
      close(event.key === "Enter");
    };
    input.onblur = () => close(true);
    this.editing = true;
    cell.replaceChildren(input);
    input.focus();
    input.select();
  }
}

const tables = new WeakMap(); // Streamlit calls again, on the same element, for each change of the data

export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".runs");
  if (!tables.has(root)) tables.set(root, new Table(root));
  const send = (name, value) => (name === "selected" ? setStateValue : setTriggerValue)(name, value);
  tables.get(root).update(data, send);
}
