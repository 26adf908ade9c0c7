# Everything a newcomer types. The work is in scripts/, which are plain POSIX sh.
.PHONY: run test soak bench lint screenshots clean help

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1	/'

run: ## from a bare machine to a hall at http://127.0.0.1:8080 (HOST, PORT, WANGTING_HOME are honoured)
	@sh scripts/run.sh

test: ## everything the tests need, then lint, types, contracts and all tests
	@sh scripts/test.sh

soak: ## the long tests with their full counts; last output in docs/evidence/
	@sh scripts/soak.sh

bench: ## rates against peers set up in the same run; table and build/bench.json
	@sh scripts/bench.sh

screenshots: ## the pictures of the READMEs and the handbook, made anew by the browser test of the main job
	@sh scripts/screenshots.sh

lint: ## lint, types and contracts only
	@sh scripts/lint.sh

clean: ## remove the virtual environment and caches (never data)
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache
