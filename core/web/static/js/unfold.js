// A part that a choice asks for opens with that choice: <details data-when="name value …">. Without a script its summary does the same.
for (const part of document.querySelectorAll("details[data-when]")) {
  const [name, ...values] = part.dataset.when.split(" ");
  part.closest("form").addEventListener("change", (event) => {
    if (event.target.name === name && values.includes(event.target.value)) part.open = true;
  });
}
