from tuntas.cli import main

main()
