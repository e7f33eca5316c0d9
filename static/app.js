// What pages gain from a script. Each of them works without: this file adds, it never carries.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // on: one listener for every element, now and after a part was replaced.
  const on = (type, selector, fn) => document.addEventListener(type, (event) => {
    const hit = event.target instanceof Element && event.target.closest(selector);
    if (hit) fn(hit, event);
  });

  // --- copy -----------------------------------------------------------------

  const copy = async (text) => {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    throw new Error("no clipboard on this connection");
  };

  const say = (button, word) => {
    const label = button.querySelector(".copy-word");
    const before = label.dataset.before ?? label.textContent;
    label.dataset.before = before;
    label.textContent = word;
    clearTimeout(button.wait);
    button.wait = setTimeout(() => { label.textContent = before; }, 4000);
  };

  on("click", "[data-copy]", (button) => {
    const source = document.getElementById(button.dataset.copy);
    if (!source) return;
    copy(source.textContent.trim()).then(() => say(button, "Copied"), () => {
      // Plain http has no clipboard: select, and say what is left to do.
      getSelection().selectAllChildren(source);
      say(button, "Selected, press Ctrl+C");
    });
  });

  // --- the secret leaves the page with the person ----------------------------

  addEventListener("pagehide", () => {
    for (const e of all("[data-secret]")) e.textContent = "was shown once";
  });

  // --- a second click ----------------------------------------------------------

  // The second of two clicks would overtake the answer to the first, and with it a secret that is shown once. Whoever
  // still waits after ten seconds, or comes back to the page, may send the form again.
  const sent = new WeakMap();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (event.timeStamp - (sent.get(form) ?? -Infinity) < 10000) event.preventDefault();
    else sent.set(form, event.timeStamp);
  });
  addEventListener("pageshow", () => { for (const form of document.forms) sent.delete(form); });

  // --- picker ----------------------------------------------------------------

  const filterPicker = (picker) => {
    const words = picker.querySelector("[data-filter]").value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const group of all("[data-group]", picker)) {
      let any = false;
      for (const choice of all("[data-choice]", group)) {
        choice.hidden = !words.every((w) => choice.dataset.choice.includes(w));
        any ||= !choice.hidden;
      }
      group.hidden = !any;
      shown += any;
    }
    for (const fold of all("[data-fold]", picker)) { // what is folded away is found too, and folded back afterwards
      const hit = Boolean(fold.querySelector("[data-group]:not([hidden])"));
      fold.hidden = !hit;
      fold.wasOpen ??= fold.open;
      fold.open = words.length > 0 ? hit : fold.wasOpen;
      if (words.length === 0) delete fold.wasOpen;
    }
    picker.querySelector("[data-none]").hidden = shown > 0;
  };

  const chosen = (picker) => all("[data-choice] > input:checked", picker);

  const countPicker = (picker) => {
    const boxes = chosen(picker);
    picker.querySelector("[data-count]").textContent = boxes.length + " selected";
    picker.querySelector("[data-picked]").replaceChildren(...boxes.map((box) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.textContent = box.value + " ×";
      button.setAttribute("aria-label", "Remove " + box.value);
      button.addEventListener("click", () => {
        box.checked = false;
        countPicker(picker);
        picker.querySelector("[data-filter]").focus();
      });
      const item = document.createElement("li");
      item.append(button);
      return item;
    }));
  };

  on("input", "[data-filter]", (input) => filterPicker(input.closest("[data-picker]")));
  on("keydown", "[data-filter]", (input, event) => {
    if (event.key === "Enter") event.preventDefault(); // it filters; it does not send the form
  });
  on("click", "[data-filter-clear]", (button) => {
    const picker = button.closest("[data-picker]");
    picker.querySelector("[data-filter]").value = "";
    filterPicker(picker);
    picker.querySelector("[data-filter]").focus();
  });
  on("change", "[data-picker] [data-choice] > input", (box) => countPicker(box.closest("[data-picker]")));

  // --- expiry ----------------------------------------------------------------

  const longDate = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

  const showExpiry = (field) => {
    const picked = field.querySelector("input[type=radio]:checked");
    const out = field.querySelector("[data-expiry-result]");
    const date = field.querySelector("[data-date]");
    let text = picked ? picked.dataset.result : "";
    if (picked && picked.value === "date" && date && date.value) {
      text = longDate.format(new Date(date.value + "T00:00:00Z")).replace(",", "") + ", 00:00 UTC";
    }
    out.textContent = text ? "→ " + text : "";
  };

  on("change", "[data-expiry] input", (input) => showExpiry(input.closest("[data-expiry]")));
  on("input", "[data-date]", (input) => {
    const field = input.closest("[data-expiry]");
    if (!field) return;
    field.querySelector("input[value=date]").checked = true; // who types a date means it
    showExpiry(field);
  });

  // --- selection -------------------------------------------------------------

  const selectable = (form) => all("input[name=key]", form);
  const countSelection = (form) => {
    const boxes = selectable(form), chosen = boxes.filter((box) => box.checked).length;
    form.querySelector("[data-selected]").textContent = chosen + " of " + boxes.length;
    const every = form.querySelector("[data-select-all]");
    every.checked = chosen > 0 && chosen === boxes.length;
    every.indeterminate = chosen > 0 && chosen < boxes.length;
  };

  on("change", "[data-selection] input[type=checkbox]", (box) => {
    const form = box.closest("[data-selection]");
    if (box.matches("[data-select-all]")) for (const other of selectable(form)) other.checked = box.checked;
    countSelection(form);
  });

  // --- menus -----------------------------------------------------------------

  document.addEventListener("click", (event) => {
    for (const menu of all("[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of all("[data-menu][open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // --- dialogs: a confirm page shown in place ---------------------------------

  const openDialog = async (link) => {
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) throw new Error("not a confirm page");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const part = page.querySelector("[data-confirm]");
    if (!part) throw new Error("not a confirm page");
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-labelledby", "confirm-title");
    dialog.append(document.importNode(part, true));
    dialog.addEventListener("close", () => {
      dialog.remove();
      link.focus();
    });
    document.body.append(dialog);
    dialog.showModal();
    window.htmx?.process(dialog); // recent use asks for itself, beside the button
    const title = dialog.querySelector("h1");
    title.tabIndex = -1; // reading begins at the title; nothing is one key press away
    title.focus();
  };

  on("click", "a[data-dialog]", (link, event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0 || link.closest("dialog")) return;
    event.preventDefault();
    openDialog(link).catch(() => location.assign(link.href)); // the page itself always works
  });
  on("click", "dialog [data-close]", (link, event) => {
    event.preventDefault();
    link.closest("dialog").close();
  });

  // --- parts that keep themselves current --------------------------------------

  // A refresh waits while a menu or a dialog is open, so that nothing moves under the pointer, and while nobody looks.
  document.addEventListener("htmx:before:request", (event) => {
    const part = event.target;
    if (!(part instanceof Element) || !part.matches("[data-live]")) return;
    if (document.hidden || document.querySelector("dialog[open]") || part.querySelector("[data-menu][open]")) event.preventDefault();
  });

  // A refresh that was sent elsewhere (the session ended) must not land in the part: the whole page goes there instead.
  document.addEventListener("htmx:before:response", (event) => {
    if (!event.detail.ctx.response.raw.redirected) return;
    event.preventDefault();
    location.reload();
  });

  // --- start -------------------------------------------------------------------

  document.addEventListener("DOMContentLoaded", () => {
    for (const p of all("[data-picker]")) countPicker(p);
    for (const f of all("[data-expiry]")) showExpiry(f);
    for (const f of all("[data-selection]")) countSelection(f);
    const summary = document.querySelector("[data-error-summary]");
    if (summary) summary.focus();
  });
})();
