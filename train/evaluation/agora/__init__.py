"""AGORA's evaluation: people matched, missed and made up, their errors, and the summary of its server."""
