// What the Portal does beyond links and forms: live progress, counts that come later, and files that are dropped and sent with a bar.
"use strict";

document.documentElement.classList.add("script");

// Live progress: the server tells how far imports are, and when all have ended the page is asked for again.
for (const place of document.querySelectorAll("[data-events]")) {
  let source = null;
  const row = (id) => [...place.querySelectorAll("[data-import]")].find((row) => row.dataset.import === id);
  const tell = (imports) => {
    for (const progress of imports) {
      const shown = row(progress.id);
      if (!shown) continue;
      for (const field of shown.querySelectorAll("[data-field]")) {
        const text = progress[field.dataset.field];
        if (text != null && field.textContent !== text) field.textContent = text;
        if (field.dataset.field === "stage") field.className = `state state-${progress.stage}`;
      }
      const bar = shown.querySelector("progress");
      if (bar && progress.percent != null) bar.value = progress.percent;
    }
  };
  const open = () => {
    source = new EventSource(place.dataset.events);
    source.addEventListener("progress", (event) => tell(JSON.parse(event.data)));
    source.addEventListener("end", (event) => {
      source.close();
      tell(JSON.parse(event.data));
      location.reload();
    });
    // Refused for good, such as when the session has ended: the page itself says why.
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
    });
  };
  // A page that nobody looks at holds no connection.
  document.addEventListener("visibilitychange", () => {
    source.close();
    if (!document.hidden) open();
  });
  open();
}

// What takes longer than its page comes after it: from the page that its link leads to.
for (const part of document.querySelectorAll("[data-load]")) {
  const link = part.querySelector("a");
  const request = new XMLHttpRequest();
  request.open("GET", link.href);
  request.responseType = "document";
  request.addEventListener("load", () => {
    const loaded = request.status === 200 && request.response && request.response.getElementById(part.id);
    if (loaded) part.replaceWith(loaded);
    part.removeAttribute("aria-busy");
  });
  part.setAttribute("aria-busy", "true");
  request.send();
}

// Uploads: the same form to the same address, with a bar, and without losing what was typed when it is refused.
for (const form of document.querySelectorAll("form[data-upload]")) {
  const input = form.querySelector("input[type=file]");
  const drop = form.querySelector("[data-drop]");
  const button = form.querySelector("button");
  const sending = form.querySelector("[data-sending]");
  const bar = sending.querySelector("progress");
  const sent = form.querySelector("[data-sent]");
  const trouble = form.querySelector("[data-trouble]");

  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length > 0) input.files = event.dataTransfer.files;
  });

  const refuse = (title, sentences) => {
    sending.hidden = true;
    button.disabled = false;
    const heading = document.createElement("strong");
    heading.textContent = title;
    const lines = sentences.map((sentence) => {
      const line = document.createElement("p");
      line.textContent = sentence;
      return line;
    });
    trouble.replaceChildren(heading, ...lines);
    trouble.hidden = false;
  };
  const mebibytes = (bytes) => (bytes / 1048576).toFixed(1);

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    trouble.hidden = true;
    sending.hidden = false;
    button.disabled = true;
    sent.textContent = "Sending…";
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", (progress) => {
      if (!progress.lengthComputable) return;
      bar.value = (progress.loaded / progress.total) * 100;
      sent.textContent = progress.loaded < progress.total
        ? `${mebibytes(progress.loaded)} of ${mebibytes(progress.total)} MiB sent`
        : "Sent; the file is being checked…";
    });
    request.addEventListener("load", () => {
      const answer = request.response;
      if (answer && answer.address) location.assign(answer.address);
      else if (answer) refuse(answer.title, answer.sentences);
      else location.reload();
    });
    request.addEventListener("error", () => {
      refuse("The file did not arrive", ["The connection ended before the service answered; nothing was stored. Send it again."]);
    });
    request.send(new FormData(form));
  });
}
