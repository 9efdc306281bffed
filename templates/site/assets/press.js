// “Copy the text” on a release's page: headline, lead, dateline, text and contacts, without markup. Where there
// is no script or no clipboard, the button is not shown and the text lies beside the page as a file.
const button = document.getElementById("copy");
if (button && navigator.clipboard) {
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const parts = document.querySelectorAll(".release h1, .release .lead, .release .place, #text, .notes, .about, .contacts");
    const text = [...parts].map((part) => part.innerText.trim()).join("\n\n");
    await navigator.clipboard.writeText(`${text}\n\n${document.querySelector(".address").textContent}\n`);
    button.textContent = button.nextElementSibling.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = label; }, 3000);
  });
}
