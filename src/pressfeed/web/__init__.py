"""What answers over HTTP: the files of ``public/``, and the links in the mails."""
