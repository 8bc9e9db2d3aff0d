{ rule_files: ['rules/*.yaml'] }
