from aigc_core.cli import main

main()
